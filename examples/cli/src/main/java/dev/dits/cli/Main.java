package dev.dits.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;

/** The program. */
public final class Main {
    private Main() {}

    /**
     * Runs the command and ends the process with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
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
