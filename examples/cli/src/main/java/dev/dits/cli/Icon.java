package dev.dits.cli;

/** The signs in front of lines, where the terminal shows them. */
enum Icon {
    SHARE("\uD83D\uDE80 "),
    STATUS("\uD83D\uDCCA "),
    CODE("\uD83D\uDD11 "),
    TICKET("\uD83C\uDFAB "),
    LISTEN("\uD83D\uDCE1 "),
    FOLDER("\uD83D\uDCC2 "),
    CONNECT("\uD83D\uDD17 "),
    TARGET("\uD83C\uDFAF "),
    /** Shown one column wide by many terminals, hence the second space. */
    TIMEOUT("\u23F1\uFE0F  "),
    DONE("\u2705 "),
    PING("\uD83C\uDFD3 "),
    PEER("\uD83D\uDC64 "),
    NEWS("\uD83D\uDCE5 "),
    WARNING("\u26A0\uFE0F  ");

    private final String sign;

    Icon(String sign) {
        this.sign = sign;
    }

    String sign() {
        return sign;
    }
}
