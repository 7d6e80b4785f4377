package dev.dits.repo;

/**
 * How much of a commit is selected.
 *
 * @param files files and links
 * @param bytes their size
 */
public record SelectedSize(long files, long bytes) {}
