/** JMH benchmarks; {@code dits-bench/README.md} says how to run and read them. */
package dev.dits.bench;
