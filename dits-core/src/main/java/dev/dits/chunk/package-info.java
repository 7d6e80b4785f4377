/**
 * Content-defined chunking: where content is cut (FastCDC 2020).
 *
 * <p>A {@link dev.dits.chunk.ChunkProfile} holds the sizes, a {@link dev.dits.chunk.Chunker} finds the cuts in an array,
 * a {@link dev.dits.chunk.ChunkStream} those in what it reads.
 */
package dev.dits.chunk;
