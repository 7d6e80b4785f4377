package dev.dits.store;

/**
 * What {@link PackStore#compact} did.
 *
 * @param packsRewritten packs of which the live records were copied
 * @param packsDropped packs deleted, rewritten ones included
 * @param recordsDropped records that are gone
 * @param bytesFreed size of packs before less size after; negative never
 */
public record CompactReport(int packsRewritten, int packsDropped, long recordsDropped, long bytesFreed) {}
