package dev.dits.cli;

/** Sets up the log before the first logger is made; nothing is logged unless the user asks. */
final class Logging {
    private static final String PREFIX = "org.slf4j.simpleLogger.";
    private static final String LEVEL = PREFIX + "defaultLogLevel";

    private Logging() {}

    static void level(int verbosity) {
        System.setProperty("slf4j.provider", "org.slf4j.simple.SimpleServiceProvider");
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        System.setProperty(PREFIX + "showDateTime", "true");
        System.setProperty(PREFIX + "dateTimeFormat", "HH:mm:ss.SSS");
        System.setProperty(LEVEL, verbosity == 0 ? "off" : verbosity == 1 ? "info" : "debug");
        // Netty at DEBUG says a page about every class it could not load.
        System.setProperty(PREFIX + "log.io.netty", verbosity == 0 ? "off" : verbosity > 2 ? "debug" : "warn");
    }
}
