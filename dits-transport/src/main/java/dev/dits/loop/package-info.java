/** Netty's event loops, as all that owns some opens and ends them. */
@org.jspecify.annotations.NullMarked
package dev.dits.loop;
