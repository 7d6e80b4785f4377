module host {
    requires dev.dits.transport;
}
