/** Join codes, tickets, SPAKE2, peer certificates and key derivation. */
package dev.dits.crypto;
