package dev.dits.crypto;

import java.security.GeneralSecurityException;

/**
 * A peer's proof is wrong: it used another code, was shown another certificate (someone ends TLS in between), or negotiated
 * something else. Which of these it was cannot be told, by design. At the share this is what spends a guess.
 */
public final class ConfirmationException extends GeneralSecurityException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what failed, without any secret
     */
    public ConfirmationException(String message) {
        super(message);
    }
}
