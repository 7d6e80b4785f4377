package dev.dits.repo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** What tests run in a process of its own: commits, checks out, or describes a tree. Paths come in as ASCII. */
final class RepositoryMain {
    private RepositoryMain() {}

    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[1]);
        RepositoryOptions options = RepositoryOptions.defaults().withLockTimeout(Duration.ofMinutes(1));
        switch (arguments[0]) {
            case "commit" -> {
                try (Repository repository = Repository.open(root, options)) {
                    System.out.println("started");
                    System.out.flush();
                    System.out.println(repository
                            .commit(arguments[2], "process", CommitProgress.NONE)
                            .map(result -> result.id().toString())
                            .orElse("nothing"));
                }
            }
            case "checkout" -> {
                try (Repository repository = Repository.open(root, options)) {
                    System.out.println("started");
                    System.out.flush();
                    repository.checkout(arguments[2], CheckoutOptions.defaults());
                    System.out.println("done");
                }
            }
            case "copy" -> {
                try (Repository from = Repository.open(root, options)) {
                    String id = from.commit("all", "process", CommitProgress.NONE)
                            .orElseThrow()
                            .id()
                            .toString();
                    try (Repository to = Repository.init(
                            Path.of(arguments[2]), options.withSources(java.util.List.of(from.store())))) {
                        to.checkout(id, CheckoutOptions.defaults());
                        if (!to.status().clean() || !from.status().clean()) {
                            throw new AssertionError("not clean");
                        }
                    }
                }
                System.out.println("jnu " + System.getProperty("sun.jnu.encoding"));
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    static Process start(String locale, String... arguments) throws IOException {
        java.util.List<String> command = new java.util.ArrayList<>(java.util.List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m"));
        if (Runtime.version().feature() >= 24) {
            // Or its warning about zstd's library would stand in the output.
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(java.util.List.of("-cp", System.getProperty("java.class.path"), RepositoryMain.class.getName()));
        command.addAll(java.util.List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", locale);
        return builder.start();
    }

    static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
