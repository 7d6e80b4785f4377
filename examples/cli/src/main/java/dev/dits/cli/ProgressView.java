package dev.dits.cli;

/** Where progress is shown. Not safe for several threads. */
interface ProgressView extends AutoCloseable {
    /**
     * Shows it, or not, if it was shown a moment ago.
     *
     * @param step how far it is
     */
    void show(Step step);

    /** Takes the bar away; what comes next starts on a clean line. Idempotent. */
    @Override
    void close();

    /**
     * Picks what suits the terminal.
     *
     * @param context where to show it
     * @param verb what is going on: {@code Pulling}
     * @return a view, to be closed
     */
    static ProgressView open(Context context, String verb) {
        return context.drawsBars()
                ? new BarView(context.err(), context.terminal().columns(), context.fancy(), verb)
                : new LineView(context.err(), context.nanoClock(), verb);
    }
}
