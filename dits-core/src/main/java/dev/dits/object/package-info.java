/** What is stored and how it is named: ids, Merkle trees of files and directories, commits, tags, and their canonical bytes. */
package dev.dits.object;
