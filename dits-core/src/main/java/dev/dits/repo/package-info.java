/** The repository: working tree, base, branches, commits, checkout, ignore rules, check and garbage collection. */
package dev.dits.repo;
