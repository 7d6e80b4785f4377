/**
 * The {@code dits} command: a thin layer over {@link dev.dits.Dits} and {@link dev.dits.repo.Repository}, and an example
 * of how to use them.
 *
 * <p>{@link dev.dits.cli.Main} makes a {@link dev.dits.cli.Context}, all that a command sees of the process, and hands it
 * to {@link dev.dits.cli.DitsCommand}. Results go to standard output; progress, warnings and errors to standard error.
 */
@org.jspecify.annotations.NullMarked
package dev.dits.cli;
