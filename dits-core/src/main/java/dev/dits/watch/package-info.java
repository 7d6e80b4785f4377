/**
 * Commits by itself what changes in a working tree.
 *
 * <p>{@code DirectoryChanges} hears from the file system where something happened, {@code Repository.look} says what of it may differ from the base, {@code Pending} keeps it until it has
 * been quiet for a while, and {@code WatchLoop} commits it, one step after the other on the one thread of a {@code Watcher}. What the file system does not tell, a look at everything finds, now and then.
 */
package dev.dits.watch;
