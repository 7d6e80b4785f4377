package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A proof is what a reader read, in the order in which it read it; checking it is to run the same reader on that list. So
 * no proof can show what the reader would not have found, and there is one descent to get right, not two.
 */
final class Proofs {
    private Proofs() {}

    /** Passes reads through and keeps what came. */
    static final class Recorder implements ObjectSource {
        private final ObjectSource source;
        private final List<byte[]> nodes;

        Recorder(ObjectSource source, List<byte[]> nodes) {
            this.source = source;
            this.nodes = nodes;
        }

        @Override
        public byte @Nullable [] read(ObjectId id) throws IOException {
            byte[] bytes = source.read(id);
            if (bytes != null) {
                nodes.add(bytes);
            }
            return bytes;
        }

        @Override
        public boolean contains(ObjectId id) throws IOException {
            return source.contains(id);
        }
    }

    /** Answers each read with the next of the list, if that is what its id says. */
    static final class Player implements ObjectSource {
        private final List<byte[]> nodes;
        private int next;

        Player(List<byte[]> nodes) {
            this.nodes = nodes;
        }

        @Override
        public byte[] read(ObjectId id) throws CorruptObjectException {
            if (next == nodes.size()) {
                throw new CorruptObjectException("a proof is cut off after " + next + " nodes");
            }
            byte[] bytes = nodes.get(next);
            // Before hashing: what is too long is no object, whatever its hash.
            if (bytes.length > ObjectLimits.OBJECT_BYTES_MAX
                    || !ObjectId.hash(bytes).equals(id)) {
                throw new CorruptObjectException("node " + next + " of a proof is not " + id.abbreviated());
            }
            next++;
            return bytes;
        }

        @Override
        public boolean contains(ObjectId id) {
            return next < nodes.size();
        }

        void expectEnd() throws CorruptObjectException {
            if (next != nodes.size()) {
                throw new CorruptObjectException("a proof has " + (nodes.size() - next) + " nodes too many");
            }
        }
    }
}
