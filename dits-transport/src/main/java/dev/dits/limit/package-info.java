/** How often something may happen: what counts requests, packets and answers of strangers, wherever they come in. */
@org.jspecify.annotations.NullMarked
package dev.dits.limit;
