/** How often something may happen, which counts requests, packets and answers of strangers wherever they come in; and how soon what failed is tried again. */
@org.jspecify.annotations.NullMarked
package dev.dits.limit;
