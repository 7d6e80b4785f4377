/** Join codes, tickets, SPAKE2, peer certificates and key derivation. */
@org.jspecify.annotations.NullMarked
module dev.dits.crypto {
    requires static transitive org.jspecify;
    requires org.bouncycastle.provider;
    requires org.bouncycastle.pkix;

    exports dev.dits.crypto;
}
