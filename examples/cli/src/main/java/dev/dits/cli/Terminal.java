package dev.dits.cli;

import java.io.Console;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which of the standard streams are a terminal.
 *
 * @param input whether somebody can be asked
 * @param output whether results are read by a person
 * @param error whether progress is watched
 * @param columns width; a guess where it is not known
 */
record Terminal(boolean input, boolean output, boolean error, int columns) {
    static final Terminal NONE = new Terminal(false, false, false, 80);

    private static final String PROPERTY = "dits.terminal";
    private static final int COLUMNS_DEFAULT = 80;

    /**
     * Asks the launcher's property {@code dits.terminal} (such as {@code in,out,err,120}), as JDK 17 only tells whether input and
     * output <em>both</em> are terminals.
     */
    static Terminal ofProcess(Map<String, String> environment) {
        if ("dumb".equals(environment.get("TERM"))) {
            return NONE;
        }
        String told = System.getProperty(PROPERTY);
        if (told != null) {
            boolean input = false;
            boolean output = false;
            boolean error = false;
            int columns = COLUMNS_DEFAULT;
            for (String part : told.split(",", -1)) {
                switch (part) {
                    case "in" -> input = true;
                    case "out" -> output = true;
                    case "err" -> error = true;
                    default -> columns = columns(part, columns);
                }
            }
            return new Terminal(input, output, error, columns);
        }
        boolean both = isTerminal(System.console());
        return new Terminal(both, both, both, columns(environment.get("COLUMNS"), COLUMNS_DEFAULT));
    }

    /** From JDK 22 on there is a console without a terminal, and a method that tells. */
    private static boolean isTerminal(@Nullable Console console) {
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    private static int columns(@Nullable String text, int otherwise) {
        try {
            int columns = text == null || text.isBlank() ? 0 : Integer.parseInt(text.strip());
            return columns >= 20 && columns <= 1000 ? columns : otherwise;
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }
}
