/** A host application: this one line is all that it needs of dits. */
@org.jspecify.annotations.NullMarked
module dev.dits.examples.embedded {
    requires dev.dits.transport;
}
