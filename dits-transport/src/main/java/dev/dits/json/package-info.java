/** JSON text (RFC 8259) of the control socket and of the tracker, read within limits. */
@org.jspecify.annotations.NullMarked
package dev.dits.json;
