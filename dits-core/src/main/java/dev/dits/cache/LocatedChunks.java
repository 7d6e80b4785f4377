package dev.dits.cache;

import dev.dits.disk.Disk;
import dev.dits.disk.MappedHint;
import dev.dits.object.ObjectId;
import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * In which files of working trees chunks lie, as a table in shared memory: what a tree holds need not be in the cache a second time.
 *
 * <p>Only hints, and each is proved by reading the bytes and hashing them. So processes change the table without a lock, a file may be changed or deleted
 * at any time, what is torn or overwritten is a miss, and a table that is lost loses nothing.
 */
final class LocatedChunks {
    static final String FILE = "located";

    /** A bucket of eight slots of three words: first word of the id; offset and length; place of the file's paths. */
    private static final int SLOT_BYTES = 24;

    private static final int SLOTS_PER_BUCKET = 8;

    /** Chunks of 32 GiB, in 28 MiB. */
    private static final int SLOTS = 1 << 19;

    /** For a cache that is to take little. */
    private static final int SLOTS_SMALL = 1 << 14;

    private static final long SMALL_CACHE_BYTES = 256L << 20;

    private static final int HEADER_BYTES = 64;
    private static final long MAGIC = 0x44495453_4c4f4331L; // "DITSLOC1"
    private static final int NEXT = 8; // u64: bytes of paths written so far, also those that were overwritten

    /** Paths, in a ring: length u32, CRC-32C of the rest u32, then two paths, each length u16 and bytes; at multiples of eight. */
    private static final int PATH_BYTES_PER_SLOT = 32;

    private static final int ENTRY_HEADER_BYTES = 8;
    private static final int ENTRY_BYTES_MAX = 2 * (2 + 4_096);
    private static final int LENGTH_BITS = 20;
    private static final int LENGTH_MASK = (1 << LENGTH_BITS) - 1;

    /** Offsets above are not noted: 16 TiB. */
    private static final long OFFSET_MAX = (1L << (Long.SIZE - LENGTH_BITS)) - 1;

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final MappedByteBuffer map;
    private final int slots;
    private final int ringBytes;

    private LocatedChunks(MappedByteBuffer map, int slots) {
        this.map = map;
        this.slots = slots;
        this.ringBytes = slots * PATH_BYTES_PER_SLOT;
    }

    /** How many slots a cache of so many bytes on disk has: two sizes, since the automatic bound is another one in each process. */
    static int slots(long cacheBytesMax) {
        return cacheBytesMax < SMALL_CACHE_BYTES ? SLOTS_SMALL : SLOTS;
    }

    // Processes with a small bound have a table of their own, for a slot's place follows from the number of slots.
    private static Path file(Path directory, int slots) {
        return directory.resolve(FILE + "-" + Integer.numberOfTrailingZeros(slots));
    }

    /** Tells whether there is a table. */
    static boolean exists(Path directory, long cacheBytesMax) {
        return Files.exists(file(directory, slots(cacheBytesMax)));
    }

    /** Opens the table in a directory, making it if there is none. */
    static LocatedChunks open(Disk disk, Path directory, long cacheBytesMax) throws IOException {
        int slots = slots(cacheBytesMax);
        int bytes = HEADER_BYTES + slots * (SLOT_BYTES + PATH_BYTES_PER_SLOT);
        MappedByteBuffer map = MappedHint.open(disk, file(directory, slots), bytes);
        map.order(ByteOrder.LITTLE_ENDIAN);
        map.putLong(0, MAGIC);
        return new LocatedChunks(map, slots);
    }

    /**
     * Notes a file that is being put together under one name and gets another.
     *
     * @param part where it grows
     * @param file where it will be
     * @return its place in the ring; -1 if the paths are too long to be noted, or of another file system than the machine's
     */
    long file(Path part, Path file) {
        if (!file.getFileSystem().equals(FileSystems.getDefault())) {
            return -1;
        }
        byte[] first = part.toString().getBytes(StandardCharsets.UTF_8);
        byte[] second = file.toString().getBytes(StandardCharsets.UTF_8);
        int length = 2 + first.length + 2 + second.length;
        if (length > ENTRY_BYTES_MAX) {
            return -1;
        }
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_HEADER_BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
        entry.putInt(length).putInt(0);
        entry.putShort((short) first.length).put(first);
        entry.putShort((short) second.length).put(second);
        CRC32C crc = new CRC32C();
        crc.update(entry.array(), ENTRY_HEADER_BYTES, length);
        entry.putInt(4, (int) crc.getValue());
        int room = (entry.capacity() + 7) & ~7;
        long place;
        do {
            place = (long) LONGS.getAndAdd(map, NEXT, (long) room);
            // Not across the ring's end: what is left there stays unused.
        } while (ringOffset(place) + room > ringBytes);
        map.put(ringStart() + ringOffset(place), entry.array());
        return place;
    }

    private int ringStart() {
        return HEADER_BYTES + slots * SLOT_BYTES;
    }

    private int ringOffset(long place) {
        return (int) Math.floorMod(place, (long) ringBytes);
    }

    /** Notes where in a file a chunk is. Returns whether one of this id was noted before, wherever. */
    boolean put(long file, long offset, ObjectId id, int length) {
        if (file < 0 || offset < 0 || offset > OFFSET_MAX || length < 1 || length - 1 > LENGTH_MASK) {
            return false;
        }
        long key = key(id);
        int bucket = bucket(id);
        int target = -1;
        boolean known = false;
        for (int slot = 0; slot < SLOTS_PER_BUCKET && target < 0; slot++) {
            long there = map.getLong(bucket + slot * SLOT_BYTES);
            if (there == key) {
                target = bucket + slot * SLOT_BYTES;
                known = true;
            } else if (there == 0) {
                target = bucket + slot * SLOT_BYTES;
            }
        }
        if (target < 0) {
            // Which one goes is as good as random, and the same for this chunk each time.
            target = bucket + (int) (id.word(2) & (SLOTS_PER_BUCKET - 1)) * SLOT_BYTES;
        }
        map.putLong(target, 0);
        map.putLong(target + 8, offset << LENGTH_BITS | (length - 1));
        map.putLong(target + 16, file);
        map.putLong(target, key);
        return known;
    }

    boolean contains(ObjectId id) {
        return find(id) >= 0;
    }

    /** A slot is empty where this is zero. */
    private static long key(ObjectId id) {
        long word = id.word(0);
        return word == 0 ? 1 : word;
    }

    private int bucket(ObjectId id) {
        int buckets = slots / SLOTS_PER_BUCKET;
        return HEADER_BYTES + (int) (id.word(1) & (buckets - 1)) * SLOTS_PER_BUCKET * SLOT_BYTES;
    }

    private int find(ObjectId id) {
        long key = key(id);
        int bucket = bucket(id);
        for (int slot = 0; slot < SLOTS_PER_BUCKET; slot++) {
            int at = bucket + slot * SLOT_BYTES;
            if (map.getLong(at) == key) {
                return at;
            }
        }
        return -1;
    }

    /**
     * Reads a chunk from the file that has it.
     *
     * @return its bytes, verified; null if no file has them any more, or never had; that is not looked for again then
     */
    byte @Nullable [] read(ObjectId id) {
        int slot = find(id);
        if (slot < 0) {
            return null;
        }
        long where = map.getLong(slot + 8);
        long place = map.getLong(slot + 16);
        Paths paths = paths(place);
        if (paths != null) {
            byte[] plain = new byte[(int) (where & LENGTH_MASK) + 1];
            long offset = where >>> LENGTH_BITS;
            // Most are looked for when the file is whole, and its part gone.
            if (read(paths.file, offset, plain, id) || read(paths.part, offset, plain, id)) {
                return plain;
            }
        }
        return null;
    }

    private static boolean read(String path, long offset, byte[] plain, ObjectId id) {
        ByteBuffer target = ByteBuffer.wrap(plain);
        try {
            // Whatever came in its place: to open a pipe would wait for its other end.
            Path file = Path.of(path);
            BasicFileAttributes there =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!there.isRegularFile() || there.size() - plain.length < offset) {
                return false;
            }
            readFully(file, offset, target);
        } catch (IOException | InvalidPathException e) {
            return false; // the file is gone, or not ours to read any more
        }
        return ObjectId.hash(plain).equals(id);
    }

    private static void readFully(Path file, long offset, ByteBuffer target) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            while (target.hasRemaining()) {
                if (channel.read(target, offset + target.position()) < 0) {
                    throw new EOFException("the file became shorter");
                }
            }
        }
    }

    private record Paths(String part, String file) {}

    private @Nullable Paths paths(long place) {
        if (place < 0 || (place & 7) != 0) {
            return null;
        }
        int offset = ringOffset(place);
        if (offset + ENTRY_HEADER_BYTES > ringBytes) {
            return null;
        }
        int at = ringStart() + offset;
        int length = map.getInt(at);
        if (length < 4 || length > ENTRY_BYTES_MAX || offset + ENTRY_HEADER_BYTES + length > ringBytes) {
            return null;
        }
        byte[] bytes = new byte[length];
        map.get(at + ENTRY_HEADER_BYTES, bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        if ((int) crc.getValue() != map.getInt(at + 4)) {
            return null; // overwritten since
        }
        ByteBuffer entry = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        String part = string(entry);
        String file = string(entry);
        return part == null || file == null ? null : new Paths(part, file);
    }

    private static @Nullable String string(ByteBuffer entry) {
        int length = entry.remaining() < 2 ? -1 : Short.toUnsignedInt(entry.getShort());
        if (length < 0 || length > entry.remaining()) {
            return null;
        }
        byte[] bytes = new byte[length];
        entry.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Forgets all of it, for every process. */
    void clear() {
        for (int at = HEADER_BYTES; at < ringStart(); at += SLOT_BYTES) {
            map.putLong(at, 0);
        }
    }

    /** Counts what is noted, whether it is still there or not. */
    long count() {
        long count = 0;
        for (int at = HEADER_BYTES; at < ringStart(); at += SLOT_BYTES) {
            if (map.getLong(at) != 0) {
                count++;
            }
        }
        return count;
    }
}
