package dev.dits.crypto;

import java.security.GeneralSecurityException;

/**
 * A join code or ticket cannot be read: it was mistyped, cut short, or made by a newer version. Nothing was sent to anybody.
 * The message names the place and the remedy and never repeats the code or ticket.
 */
public final class InvitationFormatException extends GeneralSecurityException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what is wrong and what to do, without any part of the code
     */
    public InvitationFormatException(String message) {
        super(message);
    }
}
