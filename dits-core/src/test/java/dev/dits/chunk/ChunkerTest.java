package dev.dits.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChunkerTest {
    private static final int GOLDEN_CASES = 257;

    static List<Integer> cuts(Chunker chunker, byte[] data) {
        List<Integer> lengths = new ArrayList<>();
        for (int offset = 0; offset < data.length; ) {
            int length = chunker.cut(data, offset, data.length - offset, true);
            lengths.add(length);
            offset += length;
        }
        return lengths;
    }

    static List<ChunkProfile> profiles() {
        return List.of(
                ChunkProfile.PROJECT,
                ChunkProfile.DEFAULT,
                ChunkProfile.MEDIA,
                new ChunkProfile("tiny", 64, 256, 1024),
                new ChunkProfile("equal", 1024, 1024, 1024),
                new ChunkProfile("odd", 2048, 12_288, 65_534));
    }

    @Test
    void cutsWhereTheFastcdcCrateDoes() throws IOException {
        int cases = 0;
        try (InputStream in = ChunkerTest.class.getResourceAsStream("fastcdc-v2020-cuts.txt");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("#")) {
                    continue;
                }
                String[] words = line.split(" ");
                int length = Integer.parseInt(words[2].substring(0, words[2].length() - 1));
                List<Integer> expected = new ArrayList<>();
                for (int i = 3; i < words.length; i++) {
                    String[] run = words[i].split("\\*");
                    for (int k = run.length == 1 ? 1 : Integer.parseInt(run[1]); k > 0; k--) {
                        expected.add(Integer.parseInt(run[0]));
                    }
                }
                assertThat(cuts(new Chunker(profile(words[0])), TestInput.of(words[1], length)))
                        .as("%s %s %s", words[0], words[1], length)
                        .isEqualTo(expected);
                cases++;
            }
        }
        assertThat(cases).isEqualTo(GOLDEN_CASES);
    }

    private static ChunkProfile profile(String word) {
        return ChunkProfile.byName(word).orElseGet(() -> {
            int[] sizes = Stream.of(word.split("/")).mapToInt(Integer::parseInt).toArray();
            return new ChunkProfile("golden", sizes[0], sizes[1], sizes[2]);
        });
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void onlyTheLastChunkIsShorterThanTheMinimumAndNoneLongerThanTheMaximum(ChunkProfile profile) {
        for (String input : List.of("zeros", "splitmix:3", "bits:4", "text:77", "sha256")) {
            byte[] data = TestInput.of(input, 3_000_001);
            List<Integer> lengths = cuts(new Chunker(profile), data);
            assertThat(lengths.stream().mapToInt(Integer::intValue).sum()).isEqualTo(data.length);
            assertThat(lengths).allMatch(length -> length > 0 && length <= profile.maxBytes());
            assertThat(lengths.subList(0, lengths.size() - 1)).allMatch(length -> length >= profile.minBytes());
        }
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void thePlaceInTheArrayDoesNotMatter(ChunkProfile profile) {
        Chunker chunker = new Chunker(profile);
        byte[] data = TestInput.of("splitmix:8", 2_000_000);
        for (int shift : new int[] {1, 2, 7}) {
            byte[] shifted = new byte[data.length + shift + 3];
            System.arraycopy(data, 0, shifted, shift, data.length);
            for (int offset = 0; offset < data.length; ) {
                int length = chunker.cut(data, offset, data.length - offset, true);
                assertThat(chunker.cut(shifted, offset + shift, data.length - offset, true))
                        .isEqualTo(length);
                offset += length;
            }
        }
    }

    @Test
    void aByteInsertedInFrontLeavesTheLaterCutsInPlace() {
        for (ChunkProfile profile : List.of(ChunkProfile.PROJECT, ChunkProfile.DEFAULT)) {
            for (int seed = 0; seed < 4; seed++) {
                byte[] data = TestInput.of("splitmix:" + (900 + seed), 8 << 20);
                byte[] inserted = new byte[data.length + 1];
                inserted[0] = 42;
                System.arraycopy(data, 0, inserted, 1, data.length);
                Set<Integer> before = endsFromBehind(profile, data);
                Set<Integer> after = endsFromBehind(profile, inserted);
                int all = after.size();
                after.removeAll(before);
                // Cuts meet again after a few chunks, and from there on are the same ones.
                assertThat(after.size()).as("moved cuts of %s", all).isLessThan(12);
                assertThat(all).isGreaterThan(80);
            }
        }
    }

    private static Set<Integer> endsFromBehind(ChunkProfile profile, byte[] data) {
        Set<Integer> ends = new HashSet<>();
        int left = data.length;
        for (int length : cuts(new Chunker(profile), data)) {
            left -= length;
            ends.add(left);
        }
        return ends;
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void withFewerBytesItEitherFindsTheSameCutOrAsksForMore(ChunkProfile profile) {
        Chunker chunker = new Chunker(profile);
        for (int seed = 0; seed < 8; seed++) {
            byte[] data = TestInput.of("splitmix:" + (40 + seed), profile.maxBytes() + 2);
            int cut = chunker.cut(data, 0, data.length, false);
            assertThat(cut).isPositive().isEqualTo(chunker.cut(data, 0, profile.maxBytes(), false));
            for (int length : new int[] {
                0, 1, profile.minBytes(), cut - 2, cut - 1, cut, cut + 1, cut + 2, cut + 3, profile.maxBytes() - 1
            }) {
                int part = Math.min(length, profile.maxBytes());
                int expected = part == profile.maxBytes() || part >= cut + 2 ? cut : 0;
                int found = chunker.cut(data, 0, part, false);
                if (part == cut + 1) {
                    // The byte behind the cut decides it, but only bytes in whole pairs are looked at.
                    assertThat(found).isIn(0, cut);
                } else {
                    assertThat(found).as("%s of %s", part, cut).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void nothingGivenIsNoChunk() {
        assertThat(new Chunker(ChunkProfile.DEFAULT).cut(new byte[0], 0, 0, true))
                .isZero();
    }

    @Test
    void refusesARangeOutsideTheArray() {
        Chunker chunker = new Chunker(ChunkProfile.DEFAULT);
        assertThatThrownBy(() -> chunker.cut(new byte[10], 5, 6, true)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> chunker.cut(new byte[10], -1, 2, true)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void roundsTheExponentAsTheLogarithmDoes() {
        for (int bytes = ChunkProfile.AVERAGE_BYTES_LOWEST; bytes <= ChunkProfile.AVERAGE_BYTES_HIGHEST; bytes++) {
            if (Gear.nearestExponent(bytes) != Math.round(Math.log(bytes) / Math.log(2))) {
                assertThat(Gear.nearestExponent(bytes)).as("%s", bytes).isEqualTo(-1);
            }
        }
    }
}
