package dev.dits.cli;

import dev.dits.RunningNode;
import dev.dits.cache.CacheOptions;
import dev.dits.cache.CacheStats;
import dev.dits.cache.ChunkCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The node's chunk cache on disk, which all processes share: looked at and looked after without asking any of them. */
@Command(
        name = "cache",
        description = {
            "Look after the cache of chunks, which all your mounts share (in DITS_HOME).",
            "Safe at any time: whatever is dropped is fetched again when it is needed."
        },
        synopsisSubcommandLabel = "COMMAND",
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits p2p cache stats --detailed",
            "  dits p2p cache clear                drop all of it",
            "  dits p2p cache gc                   drop what is too much or damaged"
        })
final class CacheCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** What each of them does with the cache. */
    private abstract static class Part implements Callable<Integer> {
        final Context context;

        Part(Context context) {
            this.context = context;
        }

        @Override
        public Integer call() throws Exception {
            try (ChunkCache cache =
                    ChunkCache.open(directory(), CacheOptions.defaults().withMemoryBytesMax(0))) {
                if (!cache.problem().isEmpty()) {
                    context.warn(cache.problem());
                }
                run(cache);
            }
            return ExitCode.OK;
        }

        Path directory() {
            return context.ditsOptions().home().resolve("cache");
        }

        abstract void run(ChunkCache cache) throws IOException, InterruptedException;
    }

    @Command(
            name = "stats",
            description = "Show how much is cached.",
            footerHeading = "%nExamples:%n",
            footer = {"  dits p2p cache stats", "  dits p2p cache stats --detailed"})
    static final class Stats extends Part {
        @Option(names = "--detailed", description = "Also what bounds it, and what each pack file holds.")
        private boolean detailed;

        @Mixin
        private JsonOption json = new JsonOption();

        Stats(Context context) {
            super(context);
        }

        private void say(RunningNode node, CacheStats stats) {
            long hits = stats.memoryHits() + stats.diskHits();
            context.say("  Process " + node.pid() + ": " + Format.count(hits, "hit") + " ("
                    + Format.count(stats.memoryHits()) + " in memory), " + Format.count(stats.misses())
                    + (stats.misses() == 1 ? " miss" : " misses") + "; "
                    + Format.bytes(stats.memoryBytes()) + " in memory");
        }

        @Override
        void run(ChunkCache cache) throws IOException, InterruptedException {
            CacheStats stats = cache.stats();
            if (json.requested()) {
                try (JsonOutput out = JsonOutput.open(context)) {
                    out.object()
                            .field("directory", directory().toString())
                            .field("chunks", stats.diskChunks())
                            .field("chunksInFiles", stats.locatedChunks())
                            .field("bytes", stats.diskBytes())
                            .field("bytesMax", cache.diskBytesMax())
                            .array("packs");
                    for (ChunkCache.Pack pack : cache.packs()) {
                        out.object()
                                .field("name", pack.name())
                                .field("bytes", pack.bytes())
                                .end();
                    }
                    out.end().end();
                }
                return;
            }
            context.say("P2P cache");
            context.say("  Chunks: " + Format.count(stats.diskChunks()));
            context.say("  Beside them in the files of mounts: " + Format.count(stats.locatedChunks()));
            context.say(
                    "  Size: " + Format.bytes(stats.diskBytes()) + " of at most " + Format.bytes(cache.diskBytesMax())
                            + " (" + Format.percent(stats.diskBytes(), cache.diskBytesMax()) + ")");
            context.say("  Path: " + Context.show(directory()));
            if (detailed) {
                if (stats.diskChunks() > 0) {
                    context.say("  Mean chunk: " + Format.bytes(stats.diskBytes() / stats.diskChunks()));
                }
                context.say("  Free on that disk: "
                        + Format.bytes(Files.getFileStore(directory()).getUsableSpace()));
                context.say("  Packs, the next to be evicted first:");
                for (ChunkCache.Pack pack : cache.packs()) {
                    context.say("    " + pack.name() + "  " + Format.bytes(pack.bytes()));
                }
                for (RunningNode node : Held.nodes(context)) {
                    if (node.answers()) {
                        say(node, node.cacheStats());
                    }
                }
            }
        }
    }

    @Command(
            name = "clear",
            description = "Drop everything that is cached. Running transfers go on.",
            footerHeading = "%nExamples:%n",
            footer = "  dits p2p cache clear")
    static final class Clear extends Part {
        Clear(Context context) {
            super(context);
        }

        @Override
        void run(ChunkCache cache) throws IOException {
            CacheStats before = cache.stats();
            cache.clear();
            long left = cache.stats().diskBytes();
            context.say("Dropped " + Format.count(before.diskChunks(), "chunk") + ", "
                    + Format.bytes(Math.max(0, before.diskBytes() - left)) + ".");
        }
    }

    @Command(
            name = "gc",
            description = {
                "Bring the cache within its bound, drop what is damaged, finish what killed processes left.",
                "Reads and verifies all of it."
            },
            footerHeading = "%nExamples:%n",
            footer = "  dits p2p cache gc")
    static final class Gc extends Part {
        Gc(Context context) {
            super(context);
        }

        @Override
        void run(ChunkCache cache) throws IOException {
            long freed = cache.gc();
            CacheStats stats = cache.stats();
            context.say("Freed " + Format.bytes(freed) + "; " + Format.count(stats.diskChunks(), "chunk") + ", "
                    + Format.bytes(stats.diskBytes()) + " are left, each as it should be.");
        }
    }
}
