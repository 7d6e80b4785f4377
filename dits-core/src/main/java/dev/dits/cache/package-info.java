/** The node's chunk cache: decoded chunks in memory over a bounded store on disk, shared by all mounts. */
package dev.dits.cache;
