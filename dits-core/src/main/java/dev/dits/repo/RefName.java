package dev.dits.repo;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * The full name of a reference: {@code refs/heads/NAME}, {@code refs/tags/NAME} or {@code refs/remotes/REMOTE/NAME}.
 *
 * <p>A NAME is 1 to 200 bytes of UTF-8, parts joined by slashes. A part is not empty, does not start with a dot or a dash, does not end
 * with a dot or {@code .lock}, and holds no control character, space, or any of {@code ~ ^ : ? * [ \ " < > |}. The name holds neither {@code ..} nor
 * <code>&#64;{</code>, and is not {@code HEAD} or {@code @}. So a name is a path on every file system and a word in every shell.
 *
 * @param value the full name
 */
public record RefName(String value) implements Comparable<RefName> {
    static final String HEADS = "refs/heads/";
    static final String TAGS = "refs/tags/";
    static final String REMOTES = "refs/remotes/";

    private static final int NAME_BYTES_MAX = 200;
    private static final String FORBIDDEN = " ~^:?*[\\\"<>|\u007F";

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if no reference can have it
     */
    public RefName {
        String prefix = List.of(HEADS, TAGS, REMOTES).stream()
                .filter(value::startsWith)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("a reference lies in refs/heads, refs/tags or refs/remotes"));
        check(value.substring(prefix.length()));
        if (prefix.equals(REMOTES) && value.indexOf('/', prefix.length()) < 0) {
            throw new IllegalArgumentException("a remote's branch has the remote's name before it");
        }
    }

    /**
     * Names a branch.
     *
     * @param name such as {@code main}
     * @return {@code refs/heads/main}
     * @throws IllegalArgumentException if no branch can have that name
     */
    public static RefName branch(String name) {
        return new RefName(HEADS + name);
    }

    /**
     * Names a tag.
     *
     * @param name such as {@code v1}
     * @return {@code refs/tags/v1}
     * @throws IllegalArgumentException if no tag can have that name
     */
    public static RefName tag(String name) {
        return new RefName(TAGS + name);
    }

    /**
     * Names a remote's branch as it was last seen.
     *
     * @param remote such as {@code origin}
     * @param name such as {@code main}
     * @return {@code refs/remotes/origin/main}
     * @throws IllegalArgumentException if no branch can have that name
     */
    public static RefName remote(String remote, String name) {
        return new RefName(REMOTES + remote + "/" + name);
    }

    /**
     * Tells whether this is a branch of this repository.
     *
     * @return whether it lies in {@code refs/heads}
     */
    public boolean isBranch() {
        return value.startsWith(HEADS);
    }

    /**
     * Tells whether this is a tag.
     *
     * @return whether it lies in {@code refs/tags}
     */
    public boolean isTag() {
        return value.startsWith(TAGS);
    }

    /**
     * Tells whether this is another repository's branch.
     *
     * @return whether it lies in {@code refs/remotes}
     */
    public boolean isRemote() {
        return value.startsWith(REMOTES);
    }

    /**
     * Returns the name as people say it.
     *
     * @return what stands behind {@code refs/heads/}, {@code refs/tags/} or {@code refs/remotes/}
     */
    public String shortName() {
        return value.substring(isBranch() ? HEADS.length() : isTag() ? TAGS.length() : REMOTES.length());
    }

    @Override
    public int compareTo(RefName other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }

    private static boolean isPaired(String name, int i) {
        return Character.isHighSurrogate(name.charAt(i))
                ? i + 1 < name.length() && Character.isLowSurrogate(name.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(name.charAt(i - 1));
    }

    private static void check(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (name.isEmpty() || bytes.length > NAME_BYTES_MAX) {
            throw new IllegalArgumentException("a reference's name has 1 to " + NAME_BYTES_MAX + " bytes");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean loneSurrogate = Character.isSurrogate(c) && !isPaired(name, i);
            if (FORBIDDEN.indexOf(c) >= 0 || Character.isISOControl(c) || loneSurrogate) {
                throw new IllegalArgumentException(
                        "a reference's name holds no space, control character or any of " + "~ ^ : ? * [ \\ \" < > |");
            }
        }
        if (name.contains("..") || name.contains("@{") || name.equals("@") || name.equals("HEAD")) {
            throw new IllegalArgumentException("a reference's name holds neither '..' nor '@{' and is not HEAD or @");
        }
        for (String part : name.split("/", -1)) {
            if (part.isEmpty()
                    || part.startsWith(".")
                    || part.startsWith("-")
                    || part.endsWith(".")
                    || part.toLowerCase(Locale.ROOT).endsWith(".lock")) {
                throw new IllegalArgumentException(
                        "a part of a reference's name is not empty, starts with neither a dot"
                                + " nor a dash, and ends with neither a dot nor '.lock'");
            }
        }
    }
}
