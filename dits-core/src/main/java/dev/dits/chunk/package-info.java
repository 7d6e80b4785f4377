/** Content-defined chunking: where a file is cut (FastCDC 2020). */
package dev.dits.chunk;
