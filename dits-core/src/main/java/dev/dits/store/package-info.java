/** Packs and their index: how objects lie on disk, survive crashes and are found again by several processes. */
package dev.dits.store;
