package dev.dits.cli;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.object.Tag;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Signers;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "tag",
        description = "List tags, make one, or delete one. A tag is a name for a commit that stays where it is.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits tag                            list them",
            "  dits tag v1                         name the latest commit",
            "  dits tag v1 HEAD~2 -m \"As shown\"    name an earlier one, and say why",
            "  dits tag --delete v1                delete one"
        })
final class TagCommand extends RepositoryCommand {
    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "The tag to make.")
    private @Nullable String name;

    @Parameters(index = "1", arity = "0..1", paramLabel = "REVISION", description = "What it names. Default: HEAD.")
    private @Nullable String revision;

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "Why; the tag then holds who made it and when, too.")
    private @Nullable String message;

    @Option(
            names = {"-d", "--delete"},
            description = "Delete it; the commit stays as long as a branch has it.")
    private boolean delete;

    @Mixin
    private JsonOption json = new JsonOption();

    TagCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        Usage.require(name != null || !delete, "which tag is to be deleted?");
        Usage.require(name != null || message == null, "which tag is to be made?");
        Usage.require((revision == null && message == null) || !delete, "--delete takes one name");
        Usage.require(!json.requested() || name == null, "--json lists; it takes no name");
        if (name != null) {
            try {
                RefName.tag(name);
            } catch (IllegalArgumentException e) {
                throw new Usage("'" + name + "' is no name for a tag: " + e.getMessage());
            }
        }
    }

    @Override
    int run(Repository repository) throws IOException {
        if (name == null) {
            list(repository);
            return ExitCode.OK;
        }
        if (delete) {
            repository.deleteTag(name);
            context.say("Deleted tag " + Format.safe(name) + ".");
            return ExitCode.OK;
        }
        if (repository.ref(RefName.tag(name)).isPresent()) {
            throw new DitsException("there is a tag " + name
                    + " already; choose another name, or delete it first with 'dits tag --delete " + name + "'");
        }
        repository.createTag(name, revision == null ? "HEAD" : revision, message == null ? "" : message);
        context.say("Tagged " + repository.resolve(RefName.tag(name).value()).abbreviated() + " as " + Format.safe(name)
                + ".");
        return ExitCode.OK;
    }

    private void list(Repository repository) throws IOException {
        SortedMap<RefName, ObjectId> tags = repository.tags();
        Signers signers = repository.signers();
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object().array("tags");
                for (Map.Entry<RefName, ObjectId> tag : tags.entrySet()) {
                    write(out.object(), tag.getKey(), tag.getValue(), repository.readTag(tag.getValue()), signers);
                    out.end();
                }
                out.end().end();
            }
            return;
        }
        for (Map.Entry<RefName, ObjectId> tag : tags.entrySet()) {
            Optional<Tag> annotation = repository.readTag(tag.getValue());
            context.say(Format.safe(tag.getKey().shortName()) + " "
                    + annotation.map(Tag::target).orElse(tag.getValue()).abbreviated()
                    + annotation
                            .flatMap(text -> Format.safe(text.message()).lines().findFirst())
                            .map(line -> "  " + line)
                            .orElse("")
                    + annotation
                            .map(text -> SignatureReport.mark(context, signers.verify(text)))
                            .orElse(""));
        }
    }

    /** The fields of a tag, into an object that is open. */
    static void write(JsonOutput out, RefName ref, ObjectId id, Optional<Tag> annotation, Signers signers)
            throws IOException {
        out.field("ref", ref.value())
                .field("name", ref.shortName())
                .field("commit", annotation.map(Tag::target).orElse(id))
                .field("tag", annotation.isPresent() ? id : null)
                .field("author", annotation.map(Tag::author).orElse(null));
        if (annotation.isPresent()) {
            out.field("time", annotation.get().time());
        } else {
            out.field("time", (String) null);
        }
        out.field("message", annotation.map(Tag::message).orElse(null));
        if (annotation.isPresent()) {
            SignatureReport.write(out, signers.verify(annotation.get()));
        } else {
            out.field("signature", (String) null);
        }
    }
}
