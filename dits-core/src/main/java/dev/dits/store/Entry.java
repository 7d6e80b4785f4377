package dev.dits.store;

import dev.dits.object.ObjectId;

/** One index entry: an id and where its record lies. Mutable, so that walking an index makes no garbage. */
final class Entry {
    long a;
    long b;
    long c;
    long d;
    long pack;
    long offset;
    int stored;
    int type;
    int plain;

    ObjectId id() {
        return ObjectId.ofWords(a, b, c, d);
    }

    void set(ObjectId id, long packName, long at, int storedLength, RecordType recordType, int plainLength) {
        a = id.word(0);
        b = id.word(1);
        c = id.word(2);
        d = id.word(3);
        pack = packName;
        offset = at;
        stored = storedLength;
        type = recordType.code();
        plain = plainLength;
    }

    boolean sameId(Entry other) {
        return a == other.a && b == other.b && c == other.c && d == other.d;
    }

    int compareId(Entry other) {
        int order = Long.compareUnsigned(a, other.a);
        if (order == 0) {
            order = Long.compareUnsigned(b, other.b);
        }
        if (order == 0) {
            order = Long.compareUnsigned(c, other.c);
        }
        return order != 0 ? order : Long.compareUnsigned(d, other.d);
    }

    void copyFrom(Entry other) {
        a = other.a;
        b = other.b;
        c = other.c;
        d = other.d;
        pack = other.pack;
        offset = other.offset;
        stored = other.stored;
        type = other.type;
        plain = other.plain;
    }
}
