"""Shell completion: candidates at the cursor, and the scripts with which shells request them."""
