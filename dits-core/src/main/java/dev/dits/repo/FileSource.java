package dev.dits.repo;

import dev.dits.object.Content;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.concurrent.CompletionStage;

/**
 * Decides where a file's bytes come from when a working tree is written: the packs, a cache, a peer.
 */
@FunctionalInterface
public interface FileSource {
    /**
     * Puts a file together. Called on one thread, in the order of a walk; may return before the work is done, so that many files
     * are under way at once (up to {@link CheckoutOptions#filesInFlight}).
     *
     * @param path where the file will be
     * @param content what it contains, never empty
     * @param part takes every chunk exactly once
     * @return completes when all chunks are there; exceptionally ends the checkout, that can be repeated
     * @throws IOException ends the checkout, as above
     */
    CompletionStage<?> fill(TreePath path, Content content, PartFile part) throws IOException;
}
