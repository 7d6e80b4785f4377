package dev.dits.store;

import dev.dits.error.DitsException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A pack, read record by record and past damage. The input: {@code kind u8}, then the file (kind even), or what follows its header, with the checksums of
 * records put right where their lengths allow it (odd): no fuzzer finds a CRC by itself.
 *
 * <p>The scan ends, moves on at each step, and returns records that lie in the file as they were returned.
 */
public final class PackFuzzTarget {
    private static final Path FILE = file();

    private PackFuzzTarget() {}

    private static Path file() {
        try {
            Path memory = Path.of("/dev/shm");
            Path file = Files.isWritable(memory)
                    ? Files.createTempFile(memory, "dits-fuzz", ".pack")
                    : Files.createTempFile("dits-fuzz", ".pack");
            file.toFile().deleteOnExit();
            return file;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        byte[] pack = Arrays.copyOfRange(input, 1, input.length);
        if ((input[0] & 1) == 1) {
            byte[] header = PackFormat.packHeader();
            byte[] whole = Arrays.copyOf(header, header.length + pack.length);
            System.arraycopy(pack, 0, whole, header.length, pack.length);
            pack = whole;
            mend(pack);
        }
        try (RandomAccessFile file = new RandomAccessFile(FILE.toFile(), "rw")) {
            file.write(pack);
            file.setLength(pack.length);
        }
        try (PackScanner scanner = new PackScanner(FILE, PackFormat.HEADER_BYTES, pack.length)) {
            scan(scanner, pack);
        } catch (DitsException e) {
            RunFuzzTarget.check((input[0] & 1) == 0, "a pack's header was refused");
        }
    }

    /** Puts the checksums of records right that follow one another. */
    private static void mend(byte[] pack) {
        int at = PackFormat.HEADER_BYTES;
        while (pack.length - at >= PackFormat.RECORD_HEADER_BYTES) {
            PackFormat.RecordHeader header;
            try {
                header = PackFormat.parseHeader(pack, at);
            } catch (DitsException e) {
                return;
            }
            if (pack.length - at < header.recordBytes()) {
                return;
            }
            byte[] right = PackFormat.recordHeader(
                    header.id(),
                    header.type(),
                    header.codec(),
                    header.plain(),
                    pack,
                    at + PackFormat.RECORD_HEADER_BYTES,
                    header.stored());
            System.arraycopy(right, 0, pack, at, right.length);
            at += header.recordBytes();
        }
    }

    private static void scan(PackScanner scanner, byte[] pack) throws IOException {
        long last = scanner.offset();
        while (true) {
            try {
                PackFormat.RecordHeader header = scanner.next();
                if (header == null) {
                    RunFuzzTarget.check(scanner.offset() == pack.length, "a scan ended within the pack");
                    return;
                }
                RunFuzzTarget.check(
                        scanner.recordOffset() == last && scanner.offset() == last + header.recordBytes(),
                        "a record is not where the one before ends");
                StoredRecord record = scanner.record(header);
                int payload = (int) last + PackFormat.RECORD_HEADER_BYTES;
                RunFuzzTarget.check(
                        Arrays.equals(record.payload(), Arrays.copyOfRange(pack, payload, payload + header.stored())),
                        "a record holds what is not in the pack");
                try {
                    record.decode(header.id());
                } catch (DitsException e) {
                    // Right by its checksum, and not what its id says: the caller passes over it.
                }
                last = scanner.offset();
            } catch (DitsException e) {
                scanner.resynchronise();
                RunFuzzTarget.check(
                        scanner.offset() > last && scanner.offset() <= pack.length, "a scan does not get past damage");
                last = scanner.offset();
            }
        }
    }
}
