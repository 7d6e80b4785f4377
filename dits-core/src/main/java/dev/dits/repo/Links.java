package dev.dits.repo;

import dev.dits.object.LinkTarget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What is peculiar to symbolic links. */
final class Links {
    /** A link's own permissions mean nothing, and differ between systems; so all have these. */
    static final int MODE = 0777;

    private Links() {}

    /**
     * Whether two targets are the same to the JDK, which can not make a link with repeated or final slashes. So a link that
     * had to be written with fewer slashes is not taken for a change.
     */
    static boolean same(LinkTarget a, LinkTarget b) {
        return a.equals(b) || Arrays.equals(normalise(a.bytes()), normalise(b.bytes()));
    }

    private static byte[] normalise(byte[] target) {
        byte[] out = new byte[target.length];
        int length = 0;
        for (byte b : target) {
            if (b != '/' || length == 0 || out[length - 1] != '/') {
                out[length++] = b;
            }
        }
        if (length > 1 && out[length - 1] == '/') {
            length--;
        }
        return Arrays.copyOf(out, length);
    }

    /**
     * Whether a link's target stays inside the top directory, as far as its text tells: relative, with no more {@code ..} than it
     * stands deep, and those at its start alone. Behind a name, {@code ..} could leave through another link.
     *
     * @param depth how many directories the link is below the top
     */
    static boolean staysInside(LinkTarget target, int depth) {
        String text = new String(target.bytes(), StandardCharsets.ISO_8859_1);
        if (text.startsWith("/") || text.indexOf('\\') >= 0 || text.indexOf(':') >= 0) {
            return false;
        }
        int up = 0;
        boolean named = false;
        for (String part : text.split("/", -1)) {
            if (part.equals("..")) {
                up++;
                if (named || up > depth) {
                    return false;
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                named = true;
            }
        }
        return true;
    }
}
