package dev.dits.cli;

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
        Context context = Context.ofProcess(interruption);
        int code = DitsCommand.run(context, args);
        context.out().flush();
        context.err().flush();
        interruption.finish();
        // Where a signal ends the process, the JVM has the exit code already: 128 and the signal's number.
        if (!interruption.fired()) {
            System.exit(code);
        }
    }
}
