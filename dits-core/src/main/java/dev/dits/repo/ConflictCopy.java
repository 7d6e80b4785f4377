package dev.dits.repo;

import dev.dits.object.TreePath;

/**
 * A file that both sides of a merge changed: neither version was thrown away.
 *
 * @param kept where the one version is, under the name that both had; a directory where one side had put one in the file's place
 * @param copy where the other is, beside it
 */
public record ConflictCopy(TreePath kept, TreePath copy) {}
