package dev.dits.cli;

import dev.dits.repo.RefName;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The command line says something that cannot be: exit code 2, no stack trace. */
final class Usage extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Usage(String message) {
        super(message);
    }

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new Usage("'" + text + "' is no address of this machine; 'ip address' or 'ipconfig' lists them");
        }
    }

    static void requireBranchName(String name) {
        try {
            RefName.branch(name);
        } catch (IllegalArgumentException e) {
            throw new Usage("'" + name + "' is no name for a branch: " + e.getMessage());
        }
    }

    static void require(boolean holds, String message) {
        if (!holds) {
            throw new Usage(message);
        }
    }
}
