/** The facade: share a repository under a join code, mount it elsewhere. Start at {@code Dits}. */
package dev.dits;
