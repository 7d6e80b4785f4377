/**
 * Finds a peer and joins it: races what discovery tells and the addresses that are known, lets the first that answers try the join, and keeps a
 * lost session alive by attaching a new connection to it.
 */
package dev.dits.connect;
