package dev.dits.crypto;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Locale;

/**
 * A join code such as {@code 7KQ-M4T-X9P}: what one person reads to another so that a mount finds a share and proves that it
 * may join.
 *
 * <p>The last six characters are the secret (30 bits). What stands before them, three to eight characters, is the nameplate,
 * the only part that ever leaves the machine. Codes are generated, never chosen. The alphabet has 32 characters, none of which
 * is taken for another when read aloud or copied by hand: {@code 0} and {@code O}, {@code 1} and {@code I} are left out.
 *
 * <p>Thirty bits are enough only because every guess costs a conversation with the share, which counts them; see
 * {@link Spake2}. Immutable and safe for several threads. Equality compares the secret in constant time.
 */
public final class JoinCode {
    /** The characters of a code, in the order of their values 0 to 31. */
    public static final String ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

    /** Characters of the secret. */
    public static final int SECRET_CHARS = 6;

    /** Characters of the shortest nameplate. */
    public static final int NAMEPLATE_CHARS_MIN = 3;

    /** Characters of the longest nameplate. */
    public static final int NAMEPLATE_CHARS_MAX = 8;

    /** The most characters that {@link #parse} looks at, spaces and dashes included. */
    public static final int INPUT_CHARS_MAX = 64;

    private static final int GROUP_CHARS = 3;

    private final String nameplate;
    private final byte[] secret;

    private JoinCode(String nameplate, byte[] secret) {
        this.nameplate = nameplate;
        this.secret = secret;
    }

    /**
     * Draws a code. Every code of the length is equally likely.
     *
     * @param random where the characters come from
     * @param nameplateChars length of the nameplate, {@value #NAMEPLATE_CHARS_MIN} to {@value #NAMEPLATE_CHARS_MAX}
     * @return the code
     * @throws IllegalArgumentException if the length is out of range
     */
    public static JoinCode generate(SecureRandom random, int nameplateChars) {
        if (nameplateChars < NAMEPLATE_CHARS_MIN || nameplateChars > NAMEPLATE_CHARS_MAX) {
            throw new IllegalArgumentException("A nameplate has " + NAMEPLATE_CHARS_MIN + " to " + NAMEPLATE_CHARS_MAX
                    + " characters, not " + nameplateChars);
        }
        return of(draw(random, nameplateChars) + draw(random, SECRET_CHARS));
    }

    private static String draw(SecureRandom random, int chars) {
        byte[] bytes = new byte[chars];
        random.nextBytes(bytes);
        StringBuilder drawn = new StringBuilder(chars);
        for (byte b : bytes) {
            // 256 is a multiple of 32, so the low five bits are uniform.
            drawn.append(ALPHABET.charAt(b & 31));
        }
        return drawn.toString();
    }

    private static JoinCode of(String characters) {
        int split = characters.length() - SECRET_CHARS;
        return new JoinCode(characters.substring(0, split), Kdf.ascii(characters.substring(split)));
    }

    /**
     * Reads a code as a person typed or pasted it. Case, spaces and dashes do not matter; {@code 1} and {@code I} read as
     * {@code L}.
     *
     * @param input what was typed
     * @return the code
     * @throws InvitationFormatException if this cannot be a code, with the place (counted from 1, as typed) and the remedy.
     *     {@code 0} and {@code O} are refused because they are in no code, whatever they were meant to be. The message repeats no
     *     character of the input
     */
    public static JoinCode parse(String input) throws InvitationFormatException {
        if (input.length() > INPUT_CHARS_MAX) {
            throw new InvitationFormatException("Too long for a join code, which looks like ABC-DEF-GHJ");
        }
        StringBuilder characters = new StringBuilder(NAMEPLATE_CHARS_MAX + SECRET_CHARS);
        for (int i = 0; i < input.length(); i++) {
            char c = input.charAt(i);
            if (isSeparator(c)) {
                continue;
            }
            char read = canonical(c);
            if (ALPHABET.indexOf(read) < 0) {
                throw new InvitationFormatException(
                        isZeroOrO(c)
                                ? "Character " + (i + 1) + " of the join code is a zero or the letter O, and codes have"
                                        + " neither. Look at the code again: it may be a Q, a D or an 8"
                                : "Character " + (i + 1)
                                        + " cannot be part of a join code. Codes are made of the letters"
                                        + " A to Z without I and O, and the digits 2 to 9");
            }
            characters.append(read);
        }
        int min = NAMEPLATE_CHARS_MIN + SECRET_CHARS;
        int max = NAMEPLATE_CHARS_MAX + SECRET_CHARS;
        if (characters.length() < min || characters.length() > max) {
            throw new InvitationFormatException("A join code has " + min + " to " + max
                    + " letters and digits; this one has " + characters.length());
        }
        return of(characters.toString());
    }

    /**
     * Whether a target that a user named should be read as a join code: it parses as one, or would if it had no zero or O in
     * it and is written in a code's groups (so that {@link #parse} can say what is wrong with it). A word of nine letters also
     * parses, so a caller that accepts names of other things looks for those first.
     *
     * @param target what the user typed
     * @return whether to hand it to {@link #parse}
     */
    public static boolean looksLikeCode(String target) {
        try {
            parse(target);
            return true;
        } catch (InvitationFormatException e) {
            return target.length() <= INPUT_CHARS_MAX
                    && target.strip().matches("[0-9A-Za-z]{3,8}[- ][0-9A-Za-z]{3}[- ][0-9A-Za-z]{3}");
        }
    }

    /**
     * Whether this is a nameplate in its canonical form, as a rendezvous server wants to know.
     *
     * @param text any text
     * @return whether it has {@value #NAMEPLATE_CHARS_MIN} to {@value #NAMEPLATE_CHARS_MAX} characters of {@link #ALPHABET}
     */
    public static boolean isNameplate(String text) {
        return text.length() >= NAMEPLATE_CHARS_MIN
                && text.length() <= NAMEPLATE_CHARS_MAX
                && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0);
    }

    /** Upper case, and L for what is easily taken for it. Only ASCII has case here: the Kelvin sign is no K. */
    private static char canonical(char c) {
        char upper = c >= 'a' && c <= 'z' ? (char) (c - 'a' + 'A') : c;
        return upper == '1' || upper == 'I' ? 'L' : upper;
    }

    private static boolean isZeroOrO(char c) {
        return c == '0' || c == 'O' || c == 'o';
    }

    /** Spaces and dashes of every kind: text editors and messengers turn plain ones into others. */
    private static boolean isSeparator(char c) {
        return Character.isWhitespace(c)
                || Character.isSpaceChar(c)
                || Character.getType(c) == Character.DASH_PUNCTUATION
                || c == '\u2212';
    }

    /**
     * The part under which the share is found: not secret.
     *
     * @return three to eight characters of {@link #ALPHABET}
     */
    public String nameplate() {
        return nameplate;
    }

    /**
     * The part that must never leave this machine other than by the user's own mouth.
     *
     * @return a fresh array: six characters of {@link #ALPHABET} in ASCII
     */
    public byte[] exposeSecret() {
        return secret.clone();
    }

    /**
     * The whole code, secret included, to be shown to the user and to nobody else: nameplate, then the secret in two groups of
     * three, joined by dashes.
     *
     * @return such as {@code 7KQ-M4T-X9P}
     */
    public String display() {
        String shown = new String(secret, StandardCharsets.US_ASCII);
        return String.join("-", nameplate, shown.substring(0, GROUP_CHARS), shown.substring(GROUP_CHARS));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JoinCode that
                && nameplate.equals(that.nameplate)
                && MessageDigest.isEqual(secret, that.secret);
    }

    /** Of the nameplate alone, so that the hash tells nothing of the secret. */
    @Override
    public int hashCode() {
        return nameplate.hashCode();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "JoinCode[%s, secret hidden]", nameplate);
    }
}
