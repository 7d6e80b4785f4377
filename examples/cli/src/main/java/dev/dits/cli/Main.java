package dev.dits.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.util.Arrays;

/** The program. */
public final class Main {
    private Main() {}

    private static boolean hasUnreadable(String... args) {
        return !"UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding"))
                && Arrays.stream(args).anyMatch(argument -> argument.indexOf('\uFFFD') >= 0);
    }

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        if (hasUnreadable(args)) {
            // JDKs read the command line in the locale's encoding, and put a question mark for what that does not know.
            System.err.println("dits: this locale (" + System.getProperty("sun.jnu.encoding")
                    + ") lacks characters of the command line; set one with UTF-8, such as LC_ALL=C.UTF-8");
            System.exit(ExitCode.USAGE);
        }
        Interruption interruption = Interruption.ofProcess();
        StandardOutput out = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        Context context = Context.ofProcess(interruption, out);
        int code = DitsCommand.run(context, args);
        context.out().flush();
        if (out.failure().isPresent()) {
            context.err()
                    .println("dits: standard output could not be written: "
                            + Format.safe(String.valueOf(out.failure().get().getMessage())));
            code = code == ExitCode.OK ? ExitCode.FAILURE : code;
        }
        context.err().flush();
        interruption.finish();
        // Where a signal ends the process, the JVM has the exit code already: 128 and the signal's number.
        if (!interruption.fired()) {
            System.exit(code);
        }
    }
}
