package dev.dits.repo;

import dev.dits.chunk.ChunkProfile;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.UnsupportedFormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A repository's configuration: lines {@code key = value}, in {@code .dits/config} ({@code docs/format.md}, section 5).
 *
 * <p>Keys that this version does not know are kept. Immutable.
 */
public final class RepositoryConfig {
    /** Version of the directory's layout. */
    public static final int FORMAT = 1;

    /** Largest file that is read, in bytes. */
    static final int BYTES_MAX = 1 << 20;

    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_.-]{1,255}");
    private static final String FORMAT_KEY = "core.format";
    private static final String ID_KEY = "core.id";
    private static final String PROFILE_KEY = "core.profile";
    private static final String GIT_KEY = "core.git";
    private static final String AUTHOR_KEY = "user.author";
    static final String SIGNATURES_KEY = "core.signatures";
    static final String SIGNATURES_REQUIRED = "required";
    private static final int ID_BYTES = 16;

    private final SortedMap<String, String> values;

    private RepositoryConfig(SortedMap<String, String> values) {
        this.values = values;
    }

    static RepositoryConfig create(byte[] id, RepositoryOptions options) {
        SortedMap<String, String> values = new TreeMap<>();
        values.put(FORMAT_KEY, Integer.toString(FORMAT));
        values.put(ID_KEY, HexFormat.of().formatHex(id));
        ChunkProfile profile = options.profile();
        values.put(
                PROFILE_KEY,
                ChunkProfile.byName(profile.name()).filter(profile::equals).isPresent()
                        ? profile.name()
                        : profile.name() + " " + profile.minBytes() + " " + profile.averageBytes() + " "
                                + profile.maxBytes());
        if (options.trackGit()) {
            values.put(GIT_KEY, "true");
        }
        if (options.requireSignatures()) {
            values.put(SIGNATURES_KEY, SIGNATURES_REQUIRED);
        }
        if (!options.author().isEmpty()) {
            values.put(AUTHOR_KEY, options.author());
        }
        return new RepositoryConfig(values);
    }

    static RepositoryConfig parse(byte[] bytes) throws CorruptObjectException, UnsupportedFormatException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CorruptObjectException("the repository's config is not UTF-8; restore it from a backup", e);
        }
        SortedMap<String, String> values = new TreeMap<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String trimmed = line.strip();
            if (trimmed.isEmpty() || trimmed.startsWith("#")) {
                continue;
            }
            int equals = trimmed.indexOf('=');
            String key = equals < 0 ? "" : trimmed.substring(0, equals).strip();
            if (!KEY.matcher(key).matches()) {
                throw new CorruptObjectException(
                        "line " + number + " of the repository's config is not 'key = value'; mend it");
            }
            values.put(key, unescape(trimmed.substring(equals + 1).strip()));
        }
        RepositoryConfig config = new RepositoryConfig(values);
        String format = values.getOrDefault(FORMAT_KEY, "");
        if (!format.equals(Integer.toString(FORMAT))) {
            throw new UnsupportedFormatException("the repository has format '" + format
                    + "', this version of dits knows " + FORMAT + "; use a newer dits");
        }
        config.id();
        config.profile();
        return config;
    }

    byte[] encode() {
        StringBuilder out = new StringBuilder();
        values.forEach((key, value) ->
                out.append(key).append(" = ").append(escape(value)).append('\n'));
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String escape(String value) {
        String escaped = value.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
        // Spaces at the ends would be stripped on reading.
        if (escaped.startsWith(" ")) {
            escaped = "\\s" + escaped.substring(1);
        }
        return escaped.endsWith(" ") ? escaped.substring(0, escaped.length() - 1) + "\\s" : escaped;
    }

    private static String unescape(String value) throws CorruptObjectException {
        if (value.indexOf('\\') < 0) {
            return value;
        }
        StringBuilder out = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (!quoted && c == '\\') {
                quoted = true;
                continue;
            }
            out.append(quoted ? unquote(c) : c);
            quoted = false;
        }
        if (quoted) {
            unquote('\0');
        }
        return out.toString();
    }

    private static char unquote(char c) throws CorruptObjectException {
        return switch (c) {
            case '\\' -> '\\';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 's' -> ' ';
            default ->
                throw new CorruptObjectException(
                        "a value in the repository's config has a backslash before nothing known; mend it");
        };
    }

    /**
     * Returns the repository's id.
     *
     * @return 16 bytes, random, the same in no other repository
     * @throws CorruptObjectException if the file has none
     */
    public byte[] id() throws CorruptObjectException {
        try {
            byte[] id = HexFormat.of().parseHex(values.getOrDefault(ID_KEY, ""));
            if (id.length == ID_BYTES) {
                return id;
            }
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException("the repository's config has no valid " + ID_KEY, e);
        }
        throw new CorruptObjectException("the repository's config has no valid " + ID_KEY);
    }

    /**
     * Returns how files are cut.
     *
     * @return the profile
     * @throws CorruptObjectException if the file names none that can be
     */
    public ChunkProfile profile() throws CorruptObjectException {
        String text = values.getOrDefault(PROFILE_KEY, "");
        Optional<ChunkProfile> named = ChunkProfile.byName(text);
        if (named.isPresent()) {
            return named.get();
        }
        String[] parts = text.split(" ", -1);
        if (parts.length == 4) {
            try {
                return new ChunkProfile(
                        parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2]), Integer.parseInt(parts[3]));
            } catch (IllegalArgumentException e) {
                throw new CorruptObjectException("the repository's config has no valid " + PROFILE_KEY, e);
            }
        }
        throw new CorruptObjectException("the repository's config has no valid " + PROFILE_KEY);
    }

    /**
     * Returns whom commits name when the caller names nobody.
     *
     * @return the author, or nothing
     */
    public Optional<String> author() {
        return get(AUTHOR_KEY);
    }

    /**
     * Tells whether {@code .git} is stored like any other directory.
     *
     * @return false unless asked for
     */
    public boolean trackGit() {
        return Boolean.parseBoolean(values.getOrDefault(GIT_KEY, "false"));
    }

    /**
     * Tells whether commits and tags of peers are refused that are not signed.
     *
     * @return true where the repository was made by a version that signs, and where the history that was pulled first was signed throughout
     */
    public boolean signaturesRequired() {
        return SIGNATURES_REQUIRED.equals(values.get(SIGNATURES_KEY));
    }

    /**
     * Looks up a value.
     *
     * @param key the key
     * @return its value, or nothing
     */
    public Optional<String> get(String key) {
        return Optional.ofNullable(values.get(key));
    }

    /**
     * Returns all values below a prefix.
     *
     * @param prefix such as {@code remote.origin.}
     * @return keys and values, sorted, unmodifiable
     */
    public SortedMap<String, String> withPrefix(String prefix) {
        SortedMap<String, String> found = new TreeMap<>();
        for (Map.Entry<String, String> entry : values.tailMap(prefix).entrySet()) {
            if (!entry.getKey().startsWith(prefix)) {
                break;
            }
            found.put(entry.getKey(), entry.getValue());
        }
        return java.util.Collections.unmodifiableSortedMap(found);
    }

    RepositoryConfig with(Map<String, Optional<String>> changes) {
        SortedMap<String, String> changed = new TreeMap<>(values);
        changes.forEach((key, value) -> {
            if (!KEY.matcher(key).matches()) {
                throw new IllegalArgumentException("a config key is 1 to 255 letters, digits, '_', '.' and '-'");
            }
            if (key.equals(FORMAT_KEY) || key.equals(ID_KEY) || key.equals(PROFILE_KEY)) {
                throw new IllegalArgumentException(key + " is fixed when a repository is made");
            }
            value.ifPresentOrElse(text -> changed.put(key, text), () -> changed.remove(key));
        });
        return new RepositoryConfig(changed);
    }
}
