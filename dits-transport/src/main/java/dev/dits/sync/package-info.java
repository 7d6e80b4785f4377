/**
 * What to send, and what to do with what arrives.
 *
 * <p>A {@link dev.dits.sync.Responder} answers requests from a repository, each checked against what the peer may see. A {@link dev.dits.sync.Pull} brings a commit
 * here: {@link dev.dits.sync.NodeFetch} takes its nodes, {@link dev.dits.sync.ChunkFetcher} the content of its files, straight into the files that replace
 * the old ones. A push is a pull by the other side, which then moves its branch ({@link dev.dits.sync.PushReceiver}).
 */
package dev.dits.sync;
