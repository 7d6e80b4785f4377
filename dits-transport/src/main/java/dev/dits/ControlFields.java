package dev.dits;

import dev.dits.cache.CacheStats;
import dev.dits.control.Fields;
import dev.dits.error.ProtocolException;
import dev.dits.object.ObjectId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How the facade's values cross the control socket, both ways. Times are texts as in RFC 3339, durations numbers of the unit in their name. */
final class ControlFields {
    /** Four numbers, or what has a colon, which no name has. */
    private static final Pattern NUMERIC =
            Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*(%[\\w.-]+)?");

    private ControlFields() {}

    static Fields of(Progress progress) {
        return Fields.NONE
                .with("phase", progress.phase().name())
                .with("filesDone", progress.filesDone())
                .with("filesTotal", progress.filesTotal())
                .with("treeBytesDone", progress.treeBytesDone())
                .with("treeBytesTotal", progress.treeBytesTotal())
                .with("wireBytes", progress.wireBytes())
                .with("reusedBytes", progress.reusedBytes())
                .with("elapsedMillis", progress.elapsed().toMillis())
                .with("bytesPerSecond", Math.round(progress.bytesPerSecond()));
    }

    static Progress progress(Fields fields) {
        return new Progress(
                phase(fields.text("phase")),
                fields.number("filesDone", 0),
                fields.number("filesTotal", 0),
                fields.number("treeBytesDone", 0),
                fields.number("treeBytesTotal", 0),
                fields.number("wireBytes", 0),
                fields.number("reusedBytes", 0),
                Duration.ofMillis(fields.number("elapsedMillis", 0)),
                fields.number("bytesPerSecond", 0));
    }

    /** A phase that this version does not know is some kind of moving. */
    private static Progress.Phase phase(String name) {
        for (Progress.Phase phase : Progress.Phase.values()) {
            if (phase.name().equals(name)) {
                return phase;
            }
        }
        return Progress.Phase.MOVING;
    }

    static Fields of(TransferResult result) {
        return Fields.NONE
                .with("commit", result.commit().toString())
                .with("progress", of(result.progress()))
                .withTexts("refused", result.refused());
    }

    static TransferResult result(Fields fields) throws ProtocolException {
        ObjectId commit;
        try {
            commit = ObjectId.fromHex(fields.text("commit"));
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("the other process does not name the commit that it reached", e);
        }
        return new TransferResult(commit, progress(fields.fields("progress")), fields.texts("refused"));
    }

    static Fields of(CacheStats stats) {
        return Fields.NONE
                .with("memoryBytes", stats.memoryBytes())
                .with("memoryChunks", stats.memoryChunks())
                .with("diskBytes", stats.diskBytes())
                .with("diskChunks", stats.diskChunks())
                .with("locatedChunks", stats.locatedChunks())
                .with("memoryHits", stats.memoryHits())
                .with("diskHits", stats.diskHits())
                .with("misses", stats.misses())
                .with("evictedChunks", stats.evictedChunks());
    }

    static CacheStats cacheStats(Fields fields) {
        return new CacheStats(
                fields.number("memoryBytes", 0),
                fields.number("memoryChunks", 0),
                fields.number("diskBytes", 0),
                fields.number("diskChunks", 0),
                fields.number("locatedChunks", 0),
                fields.number("memoryHits", 0),
                fields.number("diskHits", 0),
                fields.number("misses", 0),
                fields.number("evictedChunks", 0));
    }

    private static Fields withSeconds(Fields fields, String name, @Nullable Duration time) {
        return time == null ? fields : fields.with(name, time.toSeconds());
    }

    private static @Nullable Duration seconds(Fields fields, String name) {
        return fields.has(name) ? Duration.ofSeconds(fields.number(name, 0)) : null;
    }

    static Fields of(InviteOptions options) {
        Fields fields = Fields.NONE
                .with("readOnly", options.readOnly())
                .withTexts("branches", options.branches())
                .withTexts("paths", options.paths())
                .with("once", options.once())
                .with("kind", options.kind().name());
        return withSeconds(
                withSeconds(fields, "validSeconds", options.validFor()), "accessSeconds", options.accessFor());
    }

    /** What an invitation grants must not be guessed: where a word is not known, nothing is granted. */
    static InviteOptions inviteOptions(Fields fields) throws ProtocolException {
        if (!fields.has("readOnly") || !fields.has("branches") || !fields.has("paths") || !fields.has("once")) {
            throw new ProtocolException(
                    "an invitation says whether it is read-only and for once, and for which branches and paths");
        }
        return new InviteOptions(
                fields.flag("readOnly"),
                fields.texts("branches"),
                fields.texts("paths"),
                seconds(fields, "validSeconds"),
                seconds(fields, "accessSeconds"),
                fields.flag("once"),
                kind(fields));
    }

    private static Invite.Kind kind(Fields fields) throws ProtocolException {
        try {
            return Invite.Kind.valueOf(fields.text("kind"));
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("this version knows no such kind of invitation; use one version of dits", e);
        }
    }

    static Fields of(Invite invite) {
        return with(
                Fields.NONE
                        .with("id", invite.id())
                        .with("kind", invite.kind().name())
                        .with("secret", invite.secret())
                        .with("readOnly", invite.readOnly())
                        .with("once", invite.once())
                        .with("used", invite.used()),
                "expires",
                invite.expires());
    }

    static Invite invite(Fields fields) throws ProtocolException {
        return new Invite(
                fields.text("id"),
                kind(fields),
                fields.text("secret"),
                fields.flag("readOnly"),
                fields.flag("once"),
                fields.flag("used"),
                optionalInstant(fields, "expires").orElse(null));
    }

    static Fields of(Peer peer) {
        return with(
                Fields.NONE
                        .with("id", peer.id())
                        .with("name", peer.name())
                        .with("connected", peer.connected())
                        .with("address", peer.address())
                        .with("readOnly", peer.readOnly())
                        .withTexts("branches", peer.branches())
                        .withTexts("paths", peer.paths())
                        .with("joined", peer.joined().toString()),
                "expires",
                peer.expires());
    }

    static Peer peer(Fields fields) {
        return new Peer(
                fields.text("id"),
                fields.text("name"),
                fields.flag("connected"),
                fields.text("address"),
                fields.flag("readOnly"),
                fields.texts("branches"),
                fields.texts("paths"),
                instant(fields, "joined"),
                optionalInstant(fields, "expires").orElse(null));
    }

    static Fields of(PeerPath path) {
        Fields fields = Fields.NONE
                .with("peer", path.peer())
                .with("kind", path.kind().name())
                .with("address", path.address());
        return path.problem().isEmpty()
                ? fields
                : fields.with("problem", path.problem().get());
    }

    /** A kind that this version does not know is some direct one. */
    static PeerPath peerPath(Fields fields) {
        PeerPath.Kind kind = PeerPath.Kind.DIRECT;
        for (PeerPath.Kind known : PeerPath.Kind.values()) {
            if (known.name().equals(fields.text("kind"))) {
                kind = known;
            }
        }
        return new PeerPath(
                fields.text("peer"),
                kind,
                fields.text("address"),
                fields.has("problem") ? Optional.of(fields.text("problem")) : Optional.empty());
    }

    static Fields with(Fields fields, String name, @Nullable Instant time) {
        return time == null ? fields : fields.with(name, time.toString());
    }

    static Instant instant(Fields fields, String name) {
        try {
            return Instant.parse(fields.text(name));
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }

    static Optional<Instant> optionalInstant(Fields fields, String name) {
        return fields.has(name) ? Optional.of(instant(fields, name)) : Optional.empty();
    }

    static Path path(Fields fields, String name) throws ProtocolException {
        try {
            return Path.of(fields.text(name));
        } catch (InvalidPathException e) {
            throw new ProtocolException("the other process names a directory that can not be", e);
        }
    }

    static Fields of(InetSocketAddress address) {
        InetAddress ip = address.getAddress();
        return Fields.NONE
                .with("host", ip == null ? address.getHostString() : ip.getHostAddress())
                .with("port", address.getPort());
    }

    /** An address by number; a name is not looked up. */
    static InetSocketAddress address(Fields fields) throws ProtocolException {
        String host = fields.text("host");
        long port = fields.number("port", 0);
        if (port < 0 || port > 65_535 || !NUMERIC.matcher(host).matches()) {
            throw new ProtocolException("the other process names an address that can not be");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(host), (int) port);
        } catch (UnknownHostException e) {
            throw new ProtocolException("the other process names an address that can not be", e);
        }
    }
}
