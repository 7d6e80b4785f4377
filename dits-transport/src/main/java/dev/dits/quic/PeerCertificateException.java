package dev.dits.quic;

import java.io.IOException;

/** The peer that answered shows another certificate than the one expected: it is not whom we meant to reach. */
public final class PeerCertificateException extends IOException {
    private static final long serialVersionUID = 1L;

    PeerCertificateException(String message, Throwable cause) {
        super(message, cause);
    }
}
