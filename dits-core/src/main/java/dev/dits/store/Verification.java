package dev.dits.store;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;
import dev.dits.store.PackFormat.RecordHeader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads all of a store. Packs are read from start to end, marking each entry whose record is whole (one bit of heap for each); what is left unmarked
 * is then read by itself.
 */
final class Verification {
    private final PackStore store;
    private final LongConsumer progress;
    private final IndexView view;
    private final List<BitSet> whole = new ArrayList<>();
    private final List<ObjectId> corrupt = new ArrayList<>();
    private final List<String> files = new ArrayList<>();
    private long corruptCount;
    private long records;
    private long bytes;

    Verification(PackStore store, LongConsumer progress) throws IOException {
        this.store = store;
        this.progress = progress;
        this.view = store.refresh(true);
    }

    VerifyReport run() throws IOException {
        view.damagedRuns().forEach(run -> damaged(run + RunFormat.SUFFIX));
        for (Run run : view.runs()) {
            whole.add(new BitSet());
            if (!run.checksumMatches()) {
                damaged(run.name() + RunFormat.SUFFIX);
            }
        }
        for (PackStore.PackInfo pack : store.packs()) {
            if (view.packs().contains(PackFormat.nameOf(pack.name()))) {
                pack(pack);
            }
        }
        Entry entry = new Entry();
        EntryCursor cursor = view.distinct();
        while (cursor.next(entry)) {
            ObjectId id = entry.id();
            if (!marked(id) && !readable(id)) {
                corruptCount++;
                if (corrupt.size() < VerifyReport.LISTED_MAX) {
                    corrupt.add(id);
                }
            }
        }
        return new VerifyReport(records, bytes, corrupt, corruptCount, files);
    }

    private void damaged(String file) {
        if (files.size() < VerifyReport.LISTED_MAX) {
            files.add(file);
        }
    }

    private void pack(PackStore.PackInfo pack) throws IOException {
        long name = PackFormat.nameOf(pack.name());
        // A tail that is not indexed yet may be growing; it is nobody's object so far.
        long end = Math.min(pack.bytes(), view.covered().getOrDefault(name, (long) PackFormat.HEADER_BYTES));
        if (end < PackFormat.HEADER_BYTES || pack.bytes() < PackFormat.HEADER_BYTES) {
            return;
        }
        try (PackScanner scanner = new PackScanner(store.packPath(name), PackFormat.HEADER_BYTES, end)) {
            for (RecordHeader header = scanner.next(); header != null; header = scanner.next()) {
                byte[] unused = scanner.record(header).decode(header.id(), store.decompressor());
                mark(header.id(), name, scanner.recordOffset());
                records++;
                bytes += header.recordBytes();
                progress.accept(bytes);
            }
        } catch (NoSuchFileException e) {
            return; // compacted away meanwhile; its objects are looked for below
        } catch (CorruptObjectException e) {
            damaged(pack.name() + PackFormat.PACK_SUFFIX);
        }
    }

    private void mark(ObjectId id, long pack, long offset) {
        Entry entry = new Entry();
        for (int i = 0; i < whole.size(); i++) {
            Run run = view.runs().get(i);
            int index = run.find(id);
            if (index >= 0 && run.packOrdinal(index) >= 0 && run.packOrdinal(index) < run.packCount()) {
                run.load(index, entry);
                if (entry.pack == pack && entry.offset == offset) {
                    whole.get(i).set(index);
                }
            }
        }
    }

    private boolean marked(ObjectId id) {
        for (int i = 0; i < whole.size(); i++) {
            int index = view.runs().get(i).find(id);
            if (index >= 0 && whole.get(i).get(index)) {
                return true;
            }
        }
        return false;
    }

    private boolean readable(ObjectId id) throws IOException {
        try {
            return store.read(id) != null;
        } catch (CorruptObjectException e) {
            return false;
        }
    }
}
