package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a commit or tag carries beyond its fixed fields: values under numbers, at most 32 and 16,384 bytes in all. A number
 * that is not known is kept and ignored.
 *
 * <p>Immutable.
 */
public final class Extensions {
    /** No extensions. */
    public static final Extensions NONE = new Extensions(new TreeMap<>());

    /** Number of the signer's public key. */
    public static final long SIGNER = 1;

    /** Number of the signature. */
    public static final long SIGNATURE = 2;

    /** Number of the paths that a merge left in conflict. */
    public static final long CONFLICTS = 3;

    private final SortedMap<Long, byte[]> values;

    private Extensions(SortedMap<Long, byte[]> values) {
        this.values = values;
    }

    /**
     * Makes extensions.
     *
     * @param values by number, 0 to 2^63 - 1; copied
     * @return the extensions
     * @throws IllegalArgumentException if there are too many, they are too long, or a number is negative
     */
    public static Extensions of(Map<Long, byte[]> values) {
        if (values.size() > ObjectLimits.EXTENSIONS_MAX) {
            throw new IllegalArgumentException(values.size() + " extensions, more than " + ObjectLimits.EXTENSIONS_MAX);
        }
        SortedMap<Long, byte[]> copy = new TreeMap<>();
        long total = 0;
        for (Map.Entry<Long, byte[]> value : values.entrySet()) {
            if (value.getKey() < 0) {
                throw new IllegalArgumentException("an extension's number is negative: " + value.getKey());
            }
            total += value.getValue().length;
            copy.put(value.getKey(), value.getValue().clone());
        }
        if (total > ObjectLimits.EXTENSION_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "extensions have " + total + " bytes, more than " + ObjectLimits.EXTENSION_BYTES_MAX);
        }
        return new Extensions(copy);
    }

    /**
     * Returns one value.
     *
     * @param number which
     * @return a copy; null if it is not there
     */
    public byte @Nullable [] get(long number) {
        byte[] value = values.get(number);
        return value == null ? null : value.clone();
    }

    /**
     * Returns these extensions and one more.
     *
     * @param number which; replaced if it is there
     * @param value its value
     * @return new extensions
     * @throws IllegalArgumentException as {@link #of}
     */
    public Extensions with(long number, byte[] value) {
        Map<Long, byte[]> more = new TreeMap<>(values);
        more.put(number, value);
        return of(more);
    }

    /**
     * Returns these extensions but for one.
     *
     * @param number which; it need not be there
     * @return extensions without it
     */
    public Extensions without(long number) {
        if (!values.containsKey(number)) {
            return this;
        }
        SortedMap<Long, byte[]> fewer = new TreeMap<>(values);
        fewer.remove(number);
        return new Extensions(fewer);
    }

    /**
     * Returns the numbers that have a value.
     *
     * @return ascending
     */
    public Set<Long> numbers() {
        return new java.util.TreeSet<>(values.keySet());
    }

    static Extensions read(ByteReader in) throws CorruptObjectException {
        int count = (int) in.varint(0, ObjectLimits.EXTENSIONS_MAX, "a number of extensions");
        if (count == 0) {
            return NONE;
        }
        SortedMap<Long, byte[]> values = new TreeMap<>();
        long last = -1;
        int left = ObjectLimits.EXTENSION_BYTES_MAX;
        for (int i = 0; i < count; i++) {
            long number = in.varint();
            if (number <= last) {
                throw new CorruptObjectException("extension " + number + " follows " + last);
            }
            last = number;
            byte[] value = in.bytes(0, left, "an extension's length");
            left -= value.length;
            values.put(number, value);
        }
        return new Extensions(values);
    }

    void writeTo(ByteWriter out) {
        out.varint(values.size());
        values.forEach((number, value) -> out.varint(number).bytes(value));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof Extensions extensions) || !values.keySet().equals(extensions.values.keySet())) {
            return false;
        }
        return values.entrySet().stream()
                .allMatch(value -> Arrays.equals(value.getValue(), extensions.values.get(value.getKey())));
    }

    @Override
    public int hashCode() {
        int hash = 0;
        for (Map.Entry<Long, byte[]> value : values.entrySet()) {
            hash = 31 * hash + value.getKey().hashCode();
            hash = 31 * hash + Arrays.hashCode(value.getValue());
        }
        return hash;
    }

    /** Names the numbers, never the values. */
    @Override
    public String toString() {
        return "Extensions" + values.keySet();
    }
}
