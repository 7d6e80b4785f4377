package dev.dits.store;

import java.io.IOException;

/** Called at every step of the write path; a test throws from it to stop the world there. */
@FunctionalInterface
interface FailPoint {
    FailPoint NONE = step -> {};

    /**
     * Passes a step.
     *
     * @param step its name
     * @throws IOException to stop there
     */
    void pass(String step) throws IOException;
}
