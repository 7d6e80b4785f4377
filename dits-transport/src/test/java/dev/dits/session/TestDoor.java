package dev.dits.session;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** The share's side of a join without a share: one invitation, and what is kept as the test has it at the moment. */
abstract class TestDoor implements ShareHandshake.Door {
    abstract Invitation invitation();

    abstract GrantStore grants();

    @Override
    public Optional<Invitation> invitation(int kind, byte[] selector) {
        return Optional.of(invitation()).filter(one -> one.matches(kind, selector));
    }

    @Override
    public boolean isUsedUp(Invitation one) {
        return one.isUsedUp();
    }

    @Override
    public void accept(Invitation one, Grant grant) throws IOException {
        grants().add(grant, null);
    }

    @Override
    public Optional<Grant> grant(byte[] sessionId) throws IOException {
        return grants().find(sessionId);
    }

    @Override
    public void wrongCode(String nameplate) throws IOException {}

    @Override
    public Semaphore computing() {
        return new Semaphore(1);
    }

    @Override
    public byte[] repositoryId() {
        return shareId();
    }

    @Override
    public String profile() {
        return "default";
    }

    @Override
    public String shareName() {
        return "project";
    }

    @Override
    public String branch() {
        return "main";
    }

    @Override
    public void proved() {}
}
