/** Chunker, content-addressed objects, store, repository and chunk cache. */
@org.jspecify.annotations.NullMarked
module dev.dits.core {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires com.github.benmanes.caffeine;
    requires com.github.luben.zstd_jni;

    exports dev.dits.chunk;
    exports dev.dits.disk;
    exports dev.dits.error;
    exports dev.dits.object;
    exports dev.dits.repo;
    exports dev.dits.watch;
    exports dev.dits.store;
    exports dev.dits.cache;
}
