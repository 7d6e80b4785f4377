/** The failures that dits reports, named by what a caller can do about them. */
package dev.dits.error;
