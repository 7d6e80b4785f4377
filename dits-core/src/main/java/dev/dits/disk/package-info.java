/**
 * Every change that dits makes to the file system, behind one seam, so that tests can stop, fail or lose any of them. The rules of the order of
 * writes are in {@code docs/format.md}.
 */
package dev.dits.disk;
